"""Payment gateways, carriers, mail, SMS, push: real and simulated behind one protocol each."""
