# Yours: dev, small and free to be destroyed.
environment      = "dev"
network_cidr     = "10.22.0.0/16"
highly_available = false
protect          = false
keep_data        = false # its data goes with it
service          = { tasks = 1, cpu = 256, memory = 512 }
autoscaling      = { maximum = 2 }
jobs             = { retrain = {}, monitor = { schedule = "rate(1 day)" } }
trigger          = { schedule = "cron(30 6 * * ? *)" }
