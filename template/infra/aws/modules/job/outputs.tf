output "definition_arn" {
  description = "ARN of the task definition's newest revision."
  value       = module.task.definition_arn
}

output "family_arn" {
  description = "ARN of the task definition without its revision."
  value       = module.task.family_arn
}

output "role_arn" {
  description = "ARN of the job's role."
  value       = module.task.role_arn
}

output "start_role_arn" {
  description = "ARN of the role with which the schedule starts the job."
  value       = aws_iam_role.start.arn
}

output "enabled" {
  description = "Whether the job runs by the clock."
  value       = aws_scheduler_schedule.this.state == "ENABLED"
}

output "secrets" {
  description = "Names of the environment variables that come from Secrets Manager."
  value       = module.task.secrets
}
