"""The pages and full screens of the console. They ask and show; what may be done core decides."""
