"""The Streamlit page: what it shows, its server, and what it keeps of a session."""
