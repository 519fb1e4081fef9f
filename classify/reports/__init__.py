"""What people look at: tables of text, plots and the page of an evaluation."""
