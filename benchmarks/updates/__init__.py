"""What an update does to a project that people have worked in, here and with the usual tools."""
