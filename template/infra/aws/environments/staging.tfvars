# Yours: staging, shaped like production, to rehearse changes of code and infrastructure; free to be destroyed.
environment      = "staging"
network_cidr     = "10.21.0.0/16"
highly_available = false
protect          = false
keep_data        = false # its data goes with it
service          = { tasks = 2, cpu = 512, memory = 1024 }
autoscaling      = { maximum = 4 }
