"""Files that run builds as a service, with the folders of one warehouse filled in."""
