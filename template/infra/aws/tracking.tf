# The tracking server: MLflow on Fargate, its records in Postgres, its files in the bucket of artifacts.
# Only jobs of this network reach it, by TRACKING_URI; people open it through Session Manager (README.md).

variable "tracking" {
  description = "Size of the tracking server (cpu in 1/1024 of a core, memory in MiB) and of its database (GiB)."
  type = object({
    cpu            = optional(number, 512)
    memory         = optional(number, 2048)
    database_class = optional(string, "db.t4g.micro")
    database_size  = optional(number, 20)
  })
  default = {}
}

locals {
  tracking_host = "tracking.${aws_service_discovery_private_dns_namespace.this.name}"
  tracking_uri  = "http://${local.tracking_host}:5000"
}

data "aws_iam_policy_document" "tracking" {
  statement {
    sid       = "ReadPasswordOfTheDatabase"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_db_instance.tracking.master_user_secret[0].secret_arn]
  }

  statement {
    sid       = "DecryptPassword"
    actions   = ["kms:Decrypt"]
    resources = [module.key.arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${var.region}.amazonaws.com"]
    }
  }

  statement {
    # checkov:skip=CKV_AWS_111:These four actions know no resources; they open the channel of a Session Manager session
    # checkov:skip=CKV_AWS_356:These four actions know no resources; they open the channel of a Session Manager session
    sid = "PeopleConnectThroughSessionManager"
    actions = [
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ]
    resources = ["*"]
  }
}

module "tracking" {
  source = "./modules/task"

  name               = "${local.name}-tracking"
  account_id         = local.account_id
  execution_role_arn = aws_iam_role.execution.arn
  key_arn            = module.key.arn
  log_group          = "/${local.name}/tracking"
  log_days           = var.retention.logs
  storage            = { bucket_arn = module.artifacts.arn, write = ["mlflow"] }
  policies           = [data.aws_iam_policy_document.tracking.json]

  container = {
    image        = "${local.registry}-tracking:${var.image_tag}"
    cpu          = var.tracking.cpu
    memory       = var.tracking.memory
    architecture = var.architecture
    ports        = [5000]
    environment = {
      DATABASE_HOST                      = aws_db_instance.tracking.address
      DATABASE_SECRET                    = aws_db_instance.tracking.master_user_secret[0].secret_arn
      ARTIFACTS                          = "s3://${module.artifacts.name}/mlflow"
      MLFLOW_SERVER_ALLOWED_HOSTS        = "${local.tracking_host}:5000,localhost:*"
      MLFLOW_DISABLE_TELEMETRY           = "true"
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION = "false"
    }
  }
}

resource "aws_ecs_service" "tracking" {
  name                   = "tracking"
  cluster                = aws_ecs_cluster.this.id
  task_definition        = module.tracking.definition_arn
  desired_count          = 1
  launch_type            = "FARGATE"
  enable_execute_command = true
  propagate_tags         = "SERVICE"

  network_configuration {
    subnets         = [for subnet in aws_subnet.private : subnet.id]
    security_groups = [aws_security_group.tasks.id, aws_security_group.tracking.id]
  }

  service_registries {
    registry_arn = aws_service_discovery_service.tracking.arn
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  depends_on = [aws_iam_role_policy.execution, aws_vpc_endpoint.tracking]
}

resource "aws_service_discovery_private_dns_namespace" "this" {
  name        = "${local.name}.internal"
  description = "Names inside the network of ${local.name}"
  vpc         = aws_vpc.this.id
}

resource "aws_service_discovery_service" "tracking" {
  name = "tracking"

  dns_config {
    namespace_id = aws_service_discovery_private_dns_namespace.this.id

    dns_records {
      type = "A"
      ttl  = 10
    }
  }
}

resource "aws_vpc_endpoint" "tracking" {
  for_each = toset(["secretsmanager", "ssmmessages"])

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for zone in local.endpoint_zones : aws_subnet.private[zone].id]
  security_group_ids  = [aws_security_group.endpoints.id]
  tags                = { Name = "${local.name}-${each.key}" }
}

resource "aws_db_subnet_group" "tracking" {
  name       = "${local.name}-tracking"
  subnet_ids = [for subnet in aws_subnet.private : subnet.id]
}

resource "aws_db_parameter_group" "tracking" {
  name_prefix = "${local.name}-tracking-"
  family      = "postgres17"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  # Changes of the tables, and statements slower than a second; not each statement: these hold the data itself.
  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "tracking" {
  # checkov:skip=CKV_AWS_161:The server signs in with a password that RDS makes and rotates; the first IAM user would need a person with SQL
  # checkov:skip=CKV_AWS_157:Two zones by `highly_available`, on in production
  # checkov:skip=CKV_AWS_293:Protected by `protect`, on by default
  # checkov:skip=CKV_AWS_118:One metric a minute is enough for a database that notes a few runs a day
  # checkov:skip=CKV_AWS_353:Performance insights are for a database under load
  identifier_prefix = "${local.name}-tracking-"
  engine            = "postgres"
  engine_version    = "17"
  instance_class    = var.tracking.database_class
  db_name           = "mlflow"
  username          = "mlflow"

  # RDS makes, keeps and rotates the password: it is in no file and not in Terraform's state.
  manage_master_user_password   = true
  master_user_secret_kms_key_id = module.key.arn

  storage_type          = "gp3"
  allocated_storage     = var.tracking.database_size
  max_allocated_storage = var.tracking.database_size * 5
  storage_encrypted     = true
  kms_key_id            = module.key.arn

  db_subnet_group_name            = aws_db_subnet_group.tracking.name
  vpc_security_group_ids          = [aws_security_group.database.id]
  parameter_group_name            = aws_db_parameter_group.tracking.name
  multi_az                        = var.highly_available
  publicly_accessible             = false
  auto_minor_version_upgrade      = true
  backup_retention_period         = 14
  copy_tags_to_snapshot           = true
  deletion_protection             = var.protect
  skip_final_snapshot             = !var.keep_data
  final_snapshot_identifier       = "${local.name}-tracking-${formatdate("YYYYMMDDhhmmss", timestamp())}"
  enabled_cloudwatch_logs_exports = ["postgresql"]

  # Each database names its last snapshot after the time when it was made: the snapshot outlives it, and the next database of
  # this environment could not be deleted under the same name.
  lifecycle {
    ignore_changes = [final_snapshot_identifier]
  }
}

locals {
  tracking_hops = {
    jobs_to_tracking     = { from = aws_security_group.jobs.id, to = aws_security_group.tracking.id, port = 5000 }
    tracking_to_database = { from = aws_security_group.tracking.id, to = aws_security_group.database.id, port = 5432 }
  }
}

resource "aws_security_group" "tracking" {
  name        = "${local.name}-tracking"
  description = "Tracking server: in from jobs, out to its database"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "database" {
  name        = "${local.name}-database"
  description = "Database: in from the tracking server"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_egress_rule" "tracking" {
  for_each = local.tracking_hops

  security_group_id            = each.value.from
  description                  = replace(each.key, "_", " ")
  referenced_security_group_id = each.value.to
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "tracking" {
  for_each = local.tracking_hops

  security_group_id            = each.value.to
  description                  = replace(each.key, "_", " ")
  referenced_security_group_id = each.value.from
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

output "tracking_url" {
  description = "Value of MLFLOW_TRACKING_URI for jobs inside the network."
  value       = local.tracking_uri
}
