"""The judge of repetitions, angles and faults: simulated people through the pipeline, against their truth."""
