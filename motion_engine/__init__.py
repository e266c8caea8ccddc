"""The motion core: values, maths, formats and composition. Depends on numpy and scipy alone."""
