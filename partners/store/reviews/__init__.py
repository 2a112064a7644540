"""Reviews and whom they judged; whether those with the same findings were treated the same."""
