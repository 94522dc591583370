output "arn" {
  description = "ARN of the key."
  value       = aws_kms_key.this.arn
}

output "wait_days" {
  description = "Days between the deletion of the key and its end."
  value       = aws_kms_key.this.deletion_window_in_days
}
