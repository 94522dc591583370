# From this level on the service logs its predictions. Terraform merges this into `module "service"` of service.tf.
module "service" {
  source = "./modules/task"

  secrets = local.secrets
}
