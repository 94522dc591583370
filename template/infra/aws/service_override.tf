# From this level on the service logs its predictions: Terraform adds this to `module "service"` of service.tf.
module "service" {
  secrets = local.secrets
}
