"""Every act and question of a person, once: without typer and without HTTP.

A module is an act or a few that belong together. Each is a function whose first argument says who
may: `Viewer` asks, `Manager` acts on partners, `Admin` changes the program itself. Where an act
shows first what it would do, `preview_…` is the act, rolled back. What is refused is raised as a
`Refusal`, which each face words; what comes back is data, never a row of the database.
"""
