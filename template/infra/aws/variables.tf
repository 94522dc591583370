variable "project" {
  description = "Name of the project: prefix of everything that is made."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,26}[a-z0-9]$", var.project))
    error_message = "`project` has 3 to 28 lower-case letters, digits and hyphens, and starts with a letter."
  }
}

variable "region" {
  description = "AWS region."
  type        = string
}

variable "zones" {
  description = "Two availability zones. Named, not looked up: a zone that AWS adds must not move a subnet."
  type        = list(string)

  validation {
    condition     = length(distinct(var.zones)) == 2 && length(var.zones) == 2 && alltrue([for zone in var.zones : startswith(zone, var.region)])
    error_message = "`zones` names two zones of `region`, such as eu-central-1a and eu-central-1b."
  }
}

variable "environment" {
  description = "Environment that this state describes. Each has its own state, network, bucket and roles."
  type        = string
  default     = "production"

  validation {
    condition     = contains(["dev", "staging", "production"], var.environment)
    error_message = "`environment` is dev, staging or production: give -var-file=environments/<name>.tfvars."
  }
}

variable "image_tag" {
  description = "Tag of the images to run: the one under which they were pushed."
  type        = string

  validation {
    condition     = var.image_tag != "latest"
    error_message = "`image_tag` names one build, such as a commit: `latest` says nothing about what runs."
  }
}

variable "architecture" {
  description = "Processor that the images are built for: X86_64 or ARM64 (about 20% cheaper)."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.architecture)
    error_message = "`architecture` is X86_64 or ARM64."
  }
}

variable "highly_available" {
  description = "Whether the network's endpoints (and the database, where there is one) stand in two zones."
  type        = bool
  default     = true
}

variable "network_cidr" {
  description = "Addresses of the network; choose ones that your other networks do not use."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrsubnet(var.network_cidr, 4, 1))
    error_message = "`network_cidr` is a range such as 10.20.0.0/16."
  }
}

variable "service" {
  description = "Size of the prediction service: tasks, cpu (1/1024 of a core), memory (MiB), and the model stage it serves."
  type = object({
    image  = optional(string, "serve")
    tasks  = optional(number, 2)
    cpu    = optional(number, 512)
    memory = optional(number, 1024)
    port   = optional(number, 8000)
    stage  = optional(string, "production")
  })
  default = {}
}

variable "throttle" {
  description = "Requests a second that the API takes before it answers 429, and how many may come at once."
  type = object({
    rate  = optional(number, 200)
    burst = optional(number, 400)
  })
  default = {}
}

variable "retention" {
  description = "Days that things are kept: logs, access logs, prediction logs and failures of tried models (personal data), and replaced objects."
  type = object({
    logs         = optional(number, 365)
    access_logs  = optional(number, 365)
    predictions  = optional(number, 400)
    old_versions = optional(number, 90)
  })
  default = {}
}

variable "protect" {
  description = "Whether what holds data or takes traffic refuses to be destroyed. Switch off, apply, then destroy."
  type        = bool
  default     = true
}

variable "keep_data" {
  description = "Whether data outlives the environment: a bucket with objects in it refuses to go, and keys and secrets wait for 30 days."
  type        = bool
  default     = true

  validation {
    condition     = var.keep_data || var.environment != "production"
    error_message = "`keep_data` stays true in production: a person empties its buckets by hand (README.md)."
  }
}
