variable "name" {
  description = "Name of the task definition and of its role."
  type        = string

  validation {
    condition     = length(var.name) <= 64
    error_message = "A role's name has at most 64 characters: shorten `project`."
  }
}

variable "account_id" {
  description = "Account in which the task runs."
  type        = string
}

variable "container" {
  description = "What runs: image, size (cpu in 1/1024 of a core, memory in MiB), command, environment and ports."
  type = object({
    image        = string
    cpu          = number
    memory       = number
    architecture = optional(string, "X86_64")
    command      = optional(list(string))
    environment  = optional(map(string), {})
    ports        = optional(list(number), [])
  })
}

variable "storage" {
  description = "Bucket of the artifacts, the prefixes (without a slash at the end) that the task reads and writes, and the few keys that it may delete."
  type = object({
    bucket_arn = string
    read       = optional(set(string), [])
    write      = optional(set(string), [])
    delete     = optional(set(string), [])
  })
}

variable "secrets" {
  description = "ARN in Secrets Manager by name of the environment variable. The execution role must be able to read it."
  type        = map(string)
  default     = {}
}

variable "key_arn" {
  description = "KMS key of the bucket and of the log."
  type        = string
}

variable "execution_role_arn" {
  description = "Role with which ECS pulls the image and writes the log."
  type        = string
}

variable "policies" {
  description = "Further policy documents (JSON) of the task's role."
  type        = list(string)
  default     = []
}

variable "log_group" {
  description = "Name of the log group."
  type        = string
}

variable "log_days" {
  description = "Days that the log is kept."
  type        = number
}
