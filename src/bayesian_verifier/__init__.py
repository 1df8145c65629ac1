"""Bayesian Verifier: how much risk does this person want, and how sure are we?"""
