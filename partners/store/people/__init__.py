"""Who a partner is."""
