output "name" {
  description = "Name of the bucket, known once its policy is in force."
  value       = aws_s3_bucket_policy.this.bucket
}

output "arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.this.arn
}

output "force_destroy" {
  description = "Whether the bucket goes with all that is in it."
  value       = aws_s3_bucket.this.force_destroy
}
