"""The network's letters: items and feeds, publications, issues, subscriptions, delivery."""
