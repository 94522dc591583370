output "definition_arn" {
  description = "ARN of the task definition's newest revision."
  value       = aws_ecs_task_definition.this.arn
}

output "family_arn" {
  description = "ARN of the task definition without its revision."
  value       = aws_ecs_task_definition.this.arn_without_revision
}

output "role_arn" {
  description = "ARN of the task's role."
  value       = aws_iam_role.this.arn
}

output "role_name" {
  description = "Name of the task's role."
  value       = aws_iam_role.this.name
}

output "log_group" {
  description = "Name of the log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "secrets" {
  description = "Names of the environment variables that come from Secrets Manager."
  value       = keys(var.secrets)
}
