"""One version in force at a time, each within its contract's term."""

from django.db import migrations

from accounts.database import OneVersionInForce, VersionsWithinTheirContract


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_customers_and_contracts")]

    operations = [OneVersionInForce(), VersionsWithinTheirContract()]
