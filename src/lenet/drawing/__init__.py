"""What every picture is made of: shapes, colours, words, axes; as SVG and PNG."""
