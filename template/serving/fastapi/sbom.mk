# The options are those of the Dockerfile beside this file.
sbom::
	$(call sbom,serve,--no-default-groups --group serve $(shell sed -n 's/^cloud = .*/--group cloud/p' pyproject.toml) \
	  $(shell sed -n 's/^\[signing.*/--group signing/p' settings.toml))
