# Yours: production, with -var-file=environments/production.tfvars.
environment      = "production"
network_cidr     = "10.20.0.0/16"
highly_available = true
protect          = true
service          = { tasks = 2, cpu = 512, memory = 1024 }
