"""Which database connection is for what."""


class NothingIsStoredThroughReport:
    """Models, and so migrations, belong to the default connection; "report" only looks."""

    def allow_migrate(self, db, app_label, **hints):
        """Forbid migrating through the connection for reports; of others, say nothing."""
        return False if db == "report" else None
