# The prediction service: API Gateway (HTTPS without a domain of one's own, IAM sign-in, throttling) to an internal
# load balancer (health checks, draining, weights for a canary) to Fargate tasks.

module "service" {
  source = "./modules/task"

  name               = "${local.name}-service"
  account_id         = local.account_id
  execution_role_arn = aws_iam_role.execution.arn
  key_arn            = module.key.arn
  log_group          = "/${local.name}/service"
  log_days           = var.retention.logs
  storage            = { bucket_arn = module.artifacts.arn, read = ["serving"], write = ["predictions"] }

  container = {
    image        = "${local.registry}-${var.service.image}:${var.image_tag}"
    cpu          = var.service.cpu
    memory       = var.service.memory
    architecture = var.architecture
    ports        = [var.service.port]
    environment = merge(local.storage, {
      SERVING__HOST  = "0.0.0.0"
      SERVING__PORT  = tostring(var.service.port)
      SERVING__STAGE = var.service.stage
    })
  }
}

resource "aws_ecs_service" "this" {
  name                              = "service"
  cluster                           = aws_ecs_cluster.this.id
  task_definition                   = module.service.definition_arn
  desired_count                     = var.service.tasks
  launch_type                       = "FARGATE"
  health_check_grace_period_seconds = 1800 # /health says 503 until a first model is released: half an hour to do that
  propagate_tags                    = "SERVICE"

  network_configuration {
    subnets         = [for subnet in aws_subnet.private : subnet.id]
    security_groups = [aws_security_group.tasks.id, aws_security_group.service.id]
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.this.arn
    container_name   = "main"
    container_port   = var.service.port
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  lifecycle {
    ignore_changes = [desired_count] # belongs to autoscaling, and to people in an incident
  }

  depends_on = [aws_lb_listener.this, aws_iam_role_policy.execution]
}

resource "aws_lb" "this" {
  # checkov:skip=CKV2_AWS_20:Internal, behind API Gateway: callers reach it by HTTPS only
  # checkov:skip=CKV_AWS_150:Protected by `protect`, on by default
  name_prefix                = "svc-"
  internal                   = true
  load_balancer_type         = "application"
  subnets                    = [for subnet in aws_subnet.private : subnet.id]
  security_groups            = [aws_security_group.balancer.id]
  drop_invalid_header_fields = true
  enable_deletion_protection = var.protect

  access_logs {
    enabled = true
    bucket  = module.logs.name
    prefix  = "service"
  }
}

resource "aws_lb_target_group" "this" {
  # checkov:skip=CKV_AWS_378:TLS ends at API Gateway; from there on traffic stays in the private network
  name_prefix          = "svc-"
  vpc_id               = aws_vpc.this.id
  target_type          = "ip"
  protocol             = "HTTP"
  port                 = var.service.port
  deregistration_delay = 30

  health_check {
    path                = "/health"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_listener" "this" {
  # checkov:skip=CKV_AWS_2:TLS ends at API Gateway; from there on traffic stays in the private network
  # checkov:skip=CKV_AWS_103:TLS ends at API Gateway; from there on traffic stays in the private network
  load_balancer_arn = aws_lb.this.arn
  protocol          = "HTTP"
  port              = 80

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

locals {
  # From whom to whom a request goes, and on which port.
  hops = {
    gateway_to_balancer = { from = aws_security_group.gateway.id, to = aws_security_group.balancer.id, port = 80 }
    balancer_to_service = { from = aws_security_group.balancer.id, to = aws_security_group.service.id, port = var.service.port }
  }
}

resource "aws_security_group" "gateway" {
  name        = "${local.name}-gateway"
  description = "API Gateway: out to the load balancer"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "balancer" {
  name        = "${local.name}-balancer"
  description = "Load balancer: in from API Gateway, out to the service"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "service" {
  name        = "${local.name}-service"
  description = "Service: in from the load balancer"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_egress_rule" "hop" {
  for_each = local.hops

  security_group_id            = each.value.from
  description                  = replace(each.key, "_", " ")
  referenced_security_group_id = each.value.to
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "hop" {
  # checkov:skip=CKV_AWS_260:Port 80 is open to the group of API Gateway, to no address
  for_each = local.hops

  security_group_id            = each.value.to
  description                  = replace(each.key, "_", " ")
  referenced_security_group_id = each.value.from
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_apigatewayv2_api" "this" {
  name          = local.name
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_vpc_link" "this" {
  name               = local.name
  subnet_ids         = [for subnet in aws_subnet.private : subnet.id]
  security_group_ids = [aws_security_group.gateway.id]
}

resource "aws_apigatewayv2_integration" "this" {
  api_id             = aws_apigatewayv2_api.this.id
  integration_type   = "HTTP_PROXY"
  integration_method = "ANY"
  integration_uri    = aws_lb_listener.this.arn
  connection_type    = "VPC_LINK"
  connection_id      = aws_apigatewayv2_vpc_link.this.id
}

# What callers need and no more: metrics and docs stay inside the network.
resource "aws_apigatewayv2_route" "this" {
  for_each = toset(["POST /predict", "GET /health", "GET /version"])

  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.this.id}"
  authorization_type = "AWS_IAM"
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    detailed_metrics_enabled = true
    throttling_rate_limit    = var.throttle.rate
    throttling_burst_limit   = var.throttle.burst
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.gateway.arn
    format = jsonencode({
      requestId = "$context.requestId"
      time      = "$context.requestTime"
      caller    = "$context.identity.userArn"
      ip        = "$context.identity.sourceIp"
      route     = "$context.routeKey"
      status    = "$context.status"
      latencyMs = "$context.responseLatency"
    })
  }
}

resource "aws_cloudwatch_log_group" "gateway" {
  name              = "/${local.name}/gateway"
  kms_key_id        = module.key.arn
  retention_in_days = var.retention.logs
}

# Hand this policy to whoever may ask for predictions.
resource "aws_iam_policy" "caller" {
  name        = "${local.name}-caller"
  description = "May call the prediction service of ${local.name}"
  policy      = data.aws_iam_policy_document.caller.json
}

data "aws_iam_policy_document" "caller" {
  statement {
    actions   = ["execute-api:Invoke"]
    resources = ["${aws_apigatewayv2_api.this.execution_arn}/*"]
  }
}
