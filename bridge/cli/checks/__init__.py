"""What ``offhook doctor`` looks at: each check returns findings, each finding says the way out."""
