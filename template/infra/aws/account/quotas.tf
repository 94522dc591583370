# Limits of the account that this project meets first. AWS refuses a value below the one in force.

variable "fargate_vcpus" {
  description = "Processors that the account may run on Fargate at once; null leaves the quota as it is (a new account may have 6)."
  type        = number
  default     = null
}

resource "aws_servicequotas_service_quota" "fargate" {
  count = var.fargate_vcpus == null ? 0 : 1

  service_code = "fargate"
  quota_code   = "L-3032A538" # Fargate On-Demand vCPU resource count
  value        = var.fargate_vcpus
}
