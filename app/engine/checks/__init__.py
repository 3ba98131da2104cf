"""What deployment checks in a diagram or form, one room per subject. Each check adds to ``Findings``."""
