"""Speed and accuracy, measured against rivals and against truth."""
