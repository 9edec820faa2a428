-- The 20 categories: parents first, then their children.

INSERT INTO product_categories (category_name)
VALUES ('Electronics'), ('Clothing'), ('Home & Garden'), ('Sports & Outdoors'), ('Books'), ('Toys & Games'),
       ('Health & Beauty'), ('Food & Beverage')
ON CONFLICT (category_name) DO NOTHING;

INSERT INTO product_categories (category_name, parent_category_id)
SELECT child.name, parent.category_id
  FROM (VALUES ('Computer Accessories', 'Electronics'),
               ('Audio Equipment', 'Electronics'),
               ('Mobile Accessories', 'Electronics'),
               ('Computer Storage', 'Electronics'),
               ('Men''s Clothing', 'Clothing'),
               ('Women''s Clothing', 'Clothing'),
               ('Accessories', 'Clothing'),
               ('Kitchen', 'Home & Garden'),
               ('Bedroom', 'Home & Garden'),
               ('Bathroom', 'Home & Garden'),
               ('Living Room', 'Home & Garden'),
               ('Garden', 'Home & Garden')) AS child (name, parent)
  JOIN product_categories parent ON parent.category_name = child.parent
ON CONFLICT (category_name) DO NOTHING;
