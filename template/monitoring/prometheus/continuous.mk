.PHONY: trigger webhook
trigger:  ## Retrain if an alert calls for it
	$(CLI) trigger $(ARGS)

webhook:  ## Take alerts from Alertmanager, and retrain if one calls for it
	$(CLI) webhook $(ARGS)

# A retraining writes all of it.
SERVICE_FOLDERS += artifacts

# The folder keeps other users of this machine out. The file is mounted by itself, and read by two users.
WEBHOOK_TOKEN = monitoring/prometheus/secrets/webhook-token
$(WEBHOOK_TOKEN):
	@mkdir -p $(@D) && chmod 700 $(@D)
	@od -An -N32 -tx1 /dev/urandom | tr -d ' \n' > $@ && chmod 644 $@

up: $(WEBHOOK_TOKEN)

.PHONY: drill
drill:  ## Play a day of bad luck with real processes, and check that everything heals
	$(CLI) drill $(ARGS)
