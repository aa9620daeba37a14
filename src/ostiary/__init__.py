"""Ostiary: one self-hosted server for the identities of people and workloads."""
