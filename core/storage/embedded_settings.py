"""The settings of the embedded server, given on its command line at each start.

There they win over everything stored in the cluster, so that no `ALTER SYSTEM` can make the server write personal data
to its log. This module starts nothing.
"""

from pathlib import Path

from core.storage.embedded_account import PORT

# No statement, no parameter, and no message of a failed statement (its text can quote a value: `invalid input syntax`)
# reaches the log; what stays are the server's own messages. The console hears of failed statements anyway.
_SILENCE = {
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_duration": "off",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_connections": "",
    "log_disconnections": "off",
    "log_lock_waits": "off",
    "log_temp_files": "-1",
    "log_autovacuum_min_duration": "-1",
    "log_checkpoints": "off",
    "debug_print_parse": "off",
    "debug_print_rewritten": "off",
    "debug_print_plan": "off",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
}

_WORK = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "huge_pages": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "jit": "off",
    "timezone": "UTC",
    "lock_timeout": "10s",
    # A transaction holds the log's lock while it is open: a console that hangs in one must not stop the others.
    "idle_in_transaction_session_timeout": "2s",
}


def command_line_settings(socket_folder: Path, cluster_name: str) -> list[str]:
    """Return the `-c name=value` arguments for `postgres`."""
    quoted_folder = '"' + str(socket_folder).replace('"', '""') + '"'  # the setting is a list; quotes keep it one item
    settings = {
        **_WORK,
        **_SILENCE,
        "unix_socket_directories": quoted_folder,
        "cluster_name": cluster_name,
    }
    return [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
