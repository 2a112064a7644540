"""People's commands about a partner: `extend`, `pause`, `waive` …"""
