# The same names on every cloud.

output "artifacts_url" {
  description = "Value of STORAGE__ROOT: where data, models, releases and prediction logs are."
  value       = "s3://${module.artifacts.name}"
}

output "registry_url" {
  description = "Prefix of the image names: `make image IMAGE=<this>` builds images that `docker push` takes."
  value       = local.registry
}

output "service_url" {
  description = "Address of the prediction service (HTTPS, calls are signed with IAM credentials)."
  value       = aws_apigatewayv2_api.this.api_endpoint
}

output "state_bucket" {
  description = "Bucket that holds Terraform's state, made by the account's part."
  value       = "${var.project}-state-${local.account_id}"
}

output "caller_policy_arn" {
  description = "Policy to attach to whoever may call the service."
  value       = aws_iam_policy.caller.arn
}
