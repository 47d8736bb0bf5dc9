"""Links to pages of upper apps, and slots that those fill."""
