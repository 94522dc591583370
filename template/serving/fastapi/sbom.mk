# The options are those of the Dockerfile beside this file.
.PHONY: sbom-serve
sbom: sbom-serve
sbom-serve:
	$(call sbom,serve,--no-default-groups --group serve $(shell sed -n 's/^cloud = .*/--group cloud/p' pyproject.toml) \
	  $(shell sed -n 's/^\[signing.*/--group signing/p' settings.toml))
