"""The machinery of the FastAPI WebSocket Workbook."""
