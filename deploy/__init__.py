"""What a deployment needs: images, Celery by docker compose, Kubernetes, ECS."""
