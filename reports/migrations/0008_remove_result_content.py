from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('reports', '0007_results_in_pieces'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='jobresult',
            name='content',
        ),
    ]
