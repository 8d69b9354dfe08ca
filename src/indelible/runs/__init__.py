"""What all long runs over a corpus share: its clips, jobs in processes, what was measured already, where and on what, and results."""
