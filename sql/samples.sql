-- The three sample vendors of a local stack. Applied with psql by the owner; safe to run again; never by a migration.

INSERT INTO vendors (vendor_id, vendor_name, email, status)
VALUES ('VEND001', 'TechGear', 'contact@techgear.com', 'active'),
       ('VEND002', 'StyleWear', 'sales@stylewear.com', 'active'),
       ('VEND003', 'HomeEssentials', 'info@homeessentials.com', 'active')
ON CONFLICT (vendor_id) DO NOTHING;
