"""HTTP, forms, cookies, headers, languages and pages, knowing nothing of OAuth."""
