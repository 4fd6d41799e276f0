"""The demo school: a made-up gymnasium, the same for the same size and date."""
