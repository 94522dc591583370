output "state_bucket" {
  description = "Bucket that holds Terraform's state."
  value       = module.state.name
}

output "registry_url" {
  description = "Prefix of the image names: `make image IMAGE=<this>` builds images that `docker push` takes."
  value       = trimsuffix(aws_ecr_repository.this["train"].repository_url, "-train")
}

output "backend" {
  description = "Text of backend.hcl: where the state of every part is kept."
  value       = <<-EOT
    bucket       = "${module.state.name}"
    region       = "${var.region}"
    kms_key_id   = "${module.key.arn}"
    encrypt      = true
    use_lockfile = true
  EOT
}
