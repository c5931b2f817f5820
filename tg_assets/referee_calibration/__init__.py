"""How far the referees can be trusted: their votes on questions whose answers are known."""
