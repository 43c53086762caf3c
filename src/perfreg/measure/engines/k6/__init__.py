"""HTTP load by a k6 binary: its script is made from the scenario, its samples are counted as all others are."""
