"""Opening the store: one writer, no damage, no newer schema, a full disk that passes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from record_builders import make_completion, make_inference
from sqlalchemy import text

from understudy.errors import StoreError
from understudy.store import Store, open_store
from understudy.store.database import Database
from understudy.store.tables import METADATA



