"""The webhook: what Alertmanager posts wakes the trigger, in one worker, so that a storm starts one retraining."""
