"""The drill: a day of bad luck, played with real processes in minutes. Each act has an outcome that it must show."""
