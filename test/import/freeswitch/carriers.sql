-- dumped by hand
CREATE TABLE `carriers` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `carrier_name` varchar(255) DEFAULT NULL,
  `enabled` tinyint(1) NOT NULL DEFAULT '1',
  PRIMARY KEY (`id`)
);
INSERT INTO `carriers` VALUES (1,'Alpha Tel',1),(2,'beta',1);
INSERT INTO carrier_gateway (id, carrier_id, prefix, suffix, codec, enabled) VALUES
  (1, 1, 'sofia/external/', '@192.0.2.10:5080', '', 1),
  (2, 1, 'sofia/external/', '@192.0.2.11', '', 1),
  (3, 2, 'sofia/gateway/beta/99', '', '', 1);
